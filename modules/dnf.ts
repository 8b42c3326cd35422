import { dnfModule } from './shared/package/dnf_module.ts'

export default dnfModule('dnf')
