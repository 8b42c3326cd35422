/** What the emulator answers of tunnels beside what modules make of them: asked with Oracle's SDK. */
import t from 'tap'
import type { CloudReply } from '../../../runner/module.ts'
import { COMPARTMENT, SEOUL, testCloud } from '../../support/cloud.ts'

t.test('routes and the error of a tunnel', async (t) => {
  const cloud = await testCloud(t)
  const { configFile, emulator, headends, port } = cloud
  const account = { auth: 'api_key', configFile, profile: 'DEFAULT', region: SEOUL, endpoint: emulator.endpoint } as const
  const read = async (operation: string, request: Readonly<Record<string, unknown>>): Promise<CloudReply | string> => {
    const [outcome] = await port.read([{ kind: 'cloud', account, service: 'network', operation, request }])
    return 'reply' in outcome! ? outcome.reply : outcome!.problem.summary
  }
  const { store } = emulator.cloud
  const connection = store.create('ipsecconnection', SEOUL, { compartmentId: COMPARTMENT })
  const [tunnel, foreign] = ['a', 'b'].map((name) =>
    store.create('ipsectunnel', SEOUL, {
      displayName: name,
      ipsecId: name === 'a' ? connection.id : 'another',
      routing: 'BGP',
      bgpSessionInfo: { customerBgpAsn: '65000' },
    }),
  )
  const ids = { ipscId: connection.id, tunnelId: tunnel!.id }

  t.match(await read('listIPSecConnectionTunnelRoutes', ids), { status: 200, body: [] }, 'without a session there are none')
  headends.advertisements.set(tunnel!.id, { received: ['10.0.0.0/16'], advertised: ['172.16.0.0/24'] })
  const customer = { prefix: '10.0.0.0/16', age: 0, isBestPath: true, asPath: [65000], advertiser: 'CUSTOMER' }
  const oracle = { prefix: '172.16.0.0/24', age: 0, isBestPath: true, asPath: [31898], advertiser: 'ORACLE' }
  const routes = async (more: object): Promise<unknown> => ((await read('listIPSecConnectionTunnelRoutes', { ...ids, ...more })) as CloudReply).body
  t.same(await routes({}), [customer, oracle])
  t.same(await routes({ advertiser: 'CUSTOMER' }), [customer])
  t.same(await routes({ advertiser: 'ORACLE' }), [oracle])
  emulator.pageSize = 1
  t.same(await routes({}), [customer, oracle], 'in pages')
  t.match(await read('listIPSecConnectionTunnelRoutes', { ...ids, advertiser: 'NOBODY' }), /advertiser NOBODY/)

  t.match(await read('getIPSecConnectionTunnelError', ids), { status: 404, body: null }, 'there is none')
  const error = { errorCode: 'IKE_PSK', errorDescription: 'Shared secrets differ', solution: 'Compare them', timestamp: '2026-01-31T10:15:59.000Z' }
  headends.statuses.set(tunnel!.id, { isIkeEstablished: false, isEspEstablished: false, bgpState: 'DOWN', error })
  t.match(await read('getIPSecConnectionTunnelError', ids), {
    status: 200,
    body: { ...error, id: /IKE_PSK/, ociResourcesLink: /^https:/ },
  })
  for (const operation of ['getIPSecConnectionTunnelError', 'listIPSecConnectionTunnelRoutes'])
    t.match(await read(operation, { ...ids, tunnelId: foreign!.id }), /RelatedResourceNotAuthorizedOrNotFound/, `${operation}: of another connection`)
})
