/** A user of the emulated cloud, as Oracle's tools know one: a key, and a configuration file that names it. */
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Keys } from './signature.ts'

export const tenancy = 'ocid1.tenancy.oc1..tenancy'
/** The compartment of the site's networks. */
export const compartment = 'ocid1.compartment.oc1..network'
const userId = 'ocid1.user.oc1..engineer'

export interface User {
  readonly configFile: string
  readonly keyFile: string
  readonly keys: Keys
}

/** Makes a new key and writes `key.pem` and `config` into the folder. https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm */
export function makeUser(folder: string, region: string): User {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const fingerprint = createHash('md5').update(publicKey).digest('hex').match(/../g)!.join(':')
  const [keyFile, configFile] = [join(folder, 'key.pem'), join(folder, 'config')]
  writeFileSync(keyFile, privateKey, { mode: 0o600 })
  writeFileSync(configFile, `[DEFAULT]\nuser=${userId}\nfingerprint=${fingerprint}\ntenancy=${tenancy}\nregion=${region}\nkey_file=${keyFile}\n`, {
    mode: 0o600,
  })
  const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
  return { configFile, keyFile, keys: new Map([[`${tenancy}/${userId}/${fingerprint}`, key]]) }
}
