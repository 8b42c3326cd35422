import { z } from '../runner/module.ts'
import { cacheValidTime, installRecommends, NO_OPTIONS, packageModule, packageParams, purge } from './shared/package/package.ts'

export default packageModule({
  summary: 'Installs, upgrades and removes packages with apt-get.',
  params: () =>
    z
      .object({ ...packageParams, install_recommends: installRecommends(), cache_valid_time: cacheValidTime(), purge: purge() })
      .strict()
      .transform((p) => ({ ...NO_OPTIONS, ...p, use: 'apt' as const, update_cache: p.update_cache || p.cache_valid_time > 0 })),
  aliases: {
    name: ['package', 'pkg'],
    update_cache: ['update-cache'],
    install_recommends: ['install-recommends'],
    allow_downgrade: ['allow-downgrade', 'allow_downgrades', 'allow-downgrades'],
  },
  examples: [
    { name: 'Libreswan and FRR are installed', args: 'name: [libreswan, frr]' },
    { name: 'Lists older than an hour are fetched again', args: 'update_cache: true\ncache_valid_time: 3600' },
    { name: 'Nothing is left of ufw', args: 'name: ufw\nstate: absent\npurge: true' },
  ],
  notes: ['`upgrade`, `deb`, `default_release`, `build-dep` and the options of dpkg are not supported. Configuration files that someone changed are kept.'],
})
