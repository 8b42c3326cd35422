import { z } from '../runner/module.ts'
import { cacheValidTime, installRecommends, packageModule, packageParams, purge, repositories } from './shared/package/package.ts'

export default packageModule({
  summary: 'Installs, upgrades and removes packages with the package manager that the host has.',
  params: () =>
    z
      .object({
        ...packageParams,
        use: z.enum(['auto', 'apt', 'dnf', 'yum']).default('auto').describe('Which package manager. `auto`: apt-get, else dnf. `yum` is dnf.'),
        install_recommends: installRecommends(),
        cache_valid_time: cacheValidTime(),
        purge: purge(),
        enablerepo: repositories('With dnf: repositories to use though they are disabled.'),
        disablerepo: repositories('With dnf: repositories not to use.'),
      })
      .strict(),
  aliases: { name: ['pkg', 'package'], update_cache: ['update-cache'] },
  examples: [
    { name: 'Libreswan and FRR are installed', args: 'name: [libreswan, frr]' },
    { name: 'FRR in just this version', args: 'name: frr-7.5.1\nuse: dnf' },
    { name: 'The newest libreswan, of what is offered now', args: 'name: libreswan\nstate: latest\nupdate_cache: true' },
    { name: 'No other firewall', args: 'name: ufw\nstate: absent' },
  ],
})
