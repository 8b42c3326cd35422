/** A test file covers the file that it mirrors: test/runner/diff/show.test.ts → runner/diff/show.ts. */
export default (testFile) => {
  const mirrored = testFile.replace(/^test\//, '').replace(/(?:\.host)?\.test\.ts$/, '.ts')
  return /^(?:runner|modules)\//.test(mirrored) ? [mirrored] : []
}
