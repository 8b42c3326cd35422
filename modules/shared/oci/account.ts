/** The parameters by which every module for Oracle Cloud is told which cloud to ask, and as whom. */
import { param, z } from '../../../runner/module.ts'
import type { CloudAccount } from '../../../runner/module.ts'

/** To be spread into a module's parameters. */
export const accountParams = {
  auth_type: z
    .enum(['api_key', 'security_token', 'instance_principal'])
    .default('api_key')
    .describe('How to sign in: with a key of a profile, with the token of a session (`oci session authenticate`), or as the instance that runs playline.'),
  config_file_location: param.nonEmptyString().optional().describe('The file of profiles. Default: `OCI_CLI_CONFIG_FILE`, or `~/.oci/config`.'),
  config_profile_name: param.nonEmptyString().default('DEFAULT').describe('The profile in it.'),
  region: param.nonEmptyString().optional().describe("The region, as `ap-seoul-1`. Default: the profile's, or `OCI_REGION`."),
  endpoint: param
    .nonEmptyString()
    .optional()
    .describe("Where to ask instead of Oracle's own servers, for a rehearsal: `http://127.0.0.1:8080`, asked for each region at `ENDPOINT/REGION`."),
}

export interface AccountParams {
  readonly auth_type: CloudAccount['auth']
  readonly config_file_location?: string | undefined
  readonly config_profile_name: string
  readonly region?: string | undefined
  readonly endpoint?: string | undefined
}

export function accountOf(params: AccountParams): CloudAccount {
  return {
    auth: params.auth_type,
    configFile: params.config_file_location,
    profile: params.config_profile_name,
    region: params.region,
    endpoint: params.endpoint,
  }
}
