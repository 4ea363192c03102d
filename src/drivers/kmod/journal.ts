/** What was done, and how it went. */
export interface Step {
  readonly what: string
  readonly outcome: 'done' | 'failed' | 'skipped' | 'planned'
  readonly detail: string
}

/** Takes down each step, and tells of it at once. */
export class Journal {
  readonly steps: Step[] = []
  readonly #say: (line: string) => void

  constructor(say: (line: string) => void) {
    this.#say = say
  }

  /** Something that takes a while begins. */
  begin(what: string): void {
    this.#say(`* ${what} ...`)
  }

  done(what: string, detail: string): void {
    this.#add({ what, outcome: 'done', detail })
  }

  fail(what: string, detail: string): undefined {
    this.#add({ what, outcome: 'failed', detail })
  }

  skip(what: string, detail: string): undefined {
    this.#add({ what, outcome: 'skipped', detail })
  }

  plan(what: string, detail: string): void {
    this.#add({ what, outcome: 'planned', detail })
  }

  #add(step: Step): void {
    this.steps.push(step)
    const { what, outcome, detail } = step
    this.#say(`* ${what}: ${outcome === 'failed' ? 'failed: ' : ''}${detail}`)
  }
}
