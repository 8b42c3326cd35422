/** A user of the emulated cloud, as Oracle's tools know one: a key, and a configuration file that names it. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const tenancy = 'ocid1.tenancy.oc1..tenancy'
/** The compartment of the site's networks. */
export const compartment = 'ocid1.compartment.oc1..network'
const userId = 'ocid1.user.oc1..engineer'

/** As OCI shows a public key. */
export const fingerprintOf = (key: KeyObject): string =>
  createHash('md5')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .match(/../g)!
    .join(':')

export interface User {
  readonly configFile: string
  readonly keys: Map<string, KeyObject>
}

/** Makes a new key and writes `key.pem` and `config` into the folder. https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm */
export function makeUser(folder: string, region: string): User {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const fingerprint = fingerprintOf(publicKey)
  const [keyFile, configFile] = [join(folder, 'key.pem'), join(folder, 'config')]
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  writeFileSync(configFile, `[DEFAULT]\nuser=${userId}\nfingerprint=${fingerprint}\ntenancy=${tenancy}\nregion=${region}\nkey_file=${keyFile}\n`, {
    mode: 0o600,
  })
  return { configFile, keys: new Map([[`${tenancy}/${userId}/${fingerprint}`, publicKey]]) }
}
