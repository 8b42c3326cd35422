/** The metadata service of an instance, over loopback, with a certificate made for the purpose. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ends } from './cloud.ts'

/** Gives its address, for OCI_METADATA_BASE_URL. */
export async function instanceMetadata(t: Ends, tenancy: string, region: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'playline-metadata-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=intermediate', '-keyout', 'ca.pem', '-out', 'intermediate.pem')
  openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=instance/OU=opc-tenant:${tenancy}`, '-keyout', 'key.pem', '-out', 'request.pem')
  openssl('x509', '-req', '-days', '1', '-in', 'request.pem', '-CA', 'intermediate.pem', '-CAkey', 'ca.pem', '-CAcreateserial', '-out', 'cert.pem')
  const files = new Map(['cert', 'key', 'intermediate'].map((name) => [`/opc/v2/identity/${name}.pem`, readFileSync(join(folder, `${name}.pem`), 'utf8')]))
  rmSync(folder, { recursive: true })
  files.set('/opc/v2/instance/region', region)
  const server = createServer(({ url = '', headers }, response) => {
    const text = files.get(url)
    // Without this header it answers nothing: a forwarded request has none.
    const status = headers.authorization !== 'Bearer Oracle' ? 401 : text === undefined ? 404 : 200
    response.writeHead(status).end(status === 200 ? text : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/opc/v2`
}
