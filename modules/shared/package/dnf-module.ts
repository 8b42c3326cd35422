/** `dnf` and `yum`: one module under two names. */
import { param, z } from '../../../runner/module.ts'
import type { Module } from '../../../runner/module.ts'
import { NO_OPTIONS, packageModule, packageParams, repositories } from './package.ts'

export function dnfModule(name: 'dnf' | 'yum'): Module {
  return packageModule({
    summary:
      name === 'dnf' ? 'Installs, upgrades and removes packages with dnf.' : 'Installs, upgrades and removes packages with yum, which is another name of dnf.',
    params: () =>
      z
        .object({
          ...packageParams,
          install_weak_deps: param.bool().optional().describe('Whether recommended (weak) dependencies come along. Default: as the host is set up.'),
          enablerepo: repositories('Repositories to use though they are disabled.'),
          disablerepo: repositories('Repositories not to use.'),
        })
        .strict()
        .transform(({ install_weak_deps, ...p }) => ({ ...NO_OPTIONS, ...p, use: name, install_recommends: install_weak_deps })),
    aliases: { name: ['pkg'], update_cache: ['expire-cache'] },
    examples: [
      { name: 'Libreswan and FRR are installed', args: 'name: [libreswan, frr]' },
      { name: 'FRR in just this version', args: 'name: frr-7.5.1' },
      { name: 'The newest libreswan, of what is offered now', args: 'name: libreswan\nstate: latest\nupdate_cache: true' },
    ],
    notes: [
      'What dnf has cached counts however old it is, so that a run installs what a dry run showed; `update_cache: true` fetches it anew.',
      'A downgrade needs `allow_downgrade: true`. Files, URLs, groups, modules, `security` and `installroot` are not supported.',
      ...(name === 'yum' ? ['yum before version 4 (Enterprise Linux 7) is not supported.'] : []),
    ],
  })
}
