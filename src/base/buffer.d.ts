// Methods that Bun's Buffer has but its types leave out. They skip the parsing of an encoding's name, which the hot path feels.
declare global {
  interface Buffer {
    latin1Slice(start?: number, end?: number): string
    utf8Slice(start?: number, end?: number): string
    latin1Write(text: string, offset?: number, length?: number): number
  }
}

export {}
