// Files that are imported as text.
declare module '*.yaml' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has no other name
  export default text
}
