/** The emulator as a process of an instance of the lab: `main.js INSTANCE`. It ends with the instance. */
import { appendFileSync } from 'node:fs'
import { enterHost, runInRouters } from '../../enter.ts'
import { replaceFile } from '../../files.ts'
import { instancePaths } from '../../paths.ts'
import { cards, drgName, headends as headendAddresses } from '../../site.ts'
import { CHUNCHEON, makePrerequisites, SEOUL } from '../prerequisites.ts'
import { startEmulator } from '../server.ts'
import { compartment, makeUser, tenancy } from '../user.ts'
import { LabHeadends } from './headends.ts'
import { LabNetwork } from './network.ts'
import { cloudFiles } from './process.ts'

const paths = instancePaths(process.argv[2] ?? '')
const files = cloudFiles(paths)
const regions = [SEOUL, CHUNCHEON]

const headends = new LabHeadends(headendAddresses, async (argv, stdin = '') => {
  const { exitCode, stdout, stderr } = await enterHost(paths, drgName, argv, { stdin })
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
})
const network = new LabNetwork(cards, regions, headends, (lines) => runInRouters(paths, lines))
const { keys } = makeUser(files.folder, SEOUL)
const emulator = await startEmulator({
  keys,
  regions,
  compartments: [tenancy, compartment],
  headends,
  changed: ({ store }) => network.program(store),
  logged: (line) => appendFileSync(files.log, `${JSON.stringify(line)}\n`, { mode: 0o600 }),
})
makePrerequisites(emulator.cloud, { compartmentId: compartment })
await headends.reset()
await network.program(emulator.cloud.store)
replaceFile(files.endpoint, `${emulator.endpoint}\n`, 0o600)
