// Files that are imported as text.
declare module '*.service' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has no other name
  export default text
}

declare module '*.logrotate' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: an import with type text has no other name
  export default text
}
