import { dnfModule } from './shared/package/dnf-module.ts'

export default dnfModule('dnf')
