// The path of a file that is embedded in the compiled binary.
declare module '*.so' {
  const path: string
  // biome-ignore lint/style/noDefaultExport: imports of files are default imports
  export default path
}
