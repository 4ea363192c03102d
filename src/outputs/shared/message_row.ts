import type { Message } from '../output.ts'

/** Messages in the order in which they came, of which the first are taken at no cost for the rest. */
export class MessageRow {
  /** Of all their lines. */
  chars = 0
  private messages: Message[] = []
  private head = 0

  get length(): number {
    return this.messages.length - this.head
  }

  push(message: Message): void {
    this.messages.push(message)
    this.chars += message.line.length
  }

  /** Takes `most` from the front. */
  take(most: number): Message[] {
    const taken = this.messages.slice(this.head, this.head + most)
    for (const { line } of taken) this.chars -= line.length
    this.head += taken.length
    this.tidy()
    return taken
  }

  clear(): void {
    this.messages = []
    this.head = 0
    this.chars = 0
  }

  // What is taken is let go at once where all is, else when it is half of what is there.
  private tidy(): void {
    if (this.head === this.messages.length) this.messages = []
    else if (this.head * 2 < this.messages.length) return
    else this.messages = this.messages.slice(this.head)
    this.head = 0
  }
}
