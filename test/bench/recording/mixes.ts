import { Actor, addressOf, type Birth, commands, type Stage, tupleOf } from './actor.ts'
import { listsOf } from './lists.ts'
import { type Opened, type PlaceName, places } from './places.ts'
import { type Program, type ProgramName, programs, residents } from './programs.ts'
import { Random } from './random.ts'
import { RecordingWriter } from './writer.ts'

/** Name of a mix of events: what a machine does for a minute, or one loop of a load. */
export type MixName = keyof typeof mixes

/** Writes `count` events (a few more) to `file`; the same every time for the same seed. */
export function writeRecording(file: string, mix: MixName, count: number, seed = 1): RecordingWriter {
  const writer = new RecordingWriter(file)
  const stage: Stage = { writer, random: new Random(seed), nextTid: 1 }
  mixes[mix](stage, count)
  writer.close()
  return writer
}

export const mixes = { realistic, file: fileLoop, net: netLoop, exec: execLoop } as const

// Shares of the realistic mix, by what `Town` does about each; what is opened is closed, so that closes are counted last.
const shares = {
  opens: 0.359,
  closes: 0.378,
  fcntls: 0.157,
  execs: 0.027,
  clones: 0.016,
  limits: 0.012,
  exits: 0.01,
  dups: 0.01,
  sends: 0.005,
  rest: 0.026,
} as const

type Deed = keyof typeof shares

// Programs that use the network; of others the rules would speak all the time.
const talkers: readonly Program[] = [programs.curl, programs.node, programs.python, programs.gitRemote, programs.method]
// What programs run that start nothing by themselves: shells between them.
const common: readonly ProgramName[] = ['sh', 'sed', 'cat', 'grep', 'rm']
const mostLiving = 260
const leastLiving = 60
const slowest = 40

function realistic(stage: Stage, count: number): void {
  const town = new Town(stage)
  while (stage.writer.count < count) town.turn()
}

/** Processes that live beside each other, and do next what the mix lacks most. */
class Town {
  private readonly stage: Stage
  private readonly residents: readonly Actor[]
  private readonly living: Actor[]
  private readonly done: Record<Deed, number> = {
    opens: 0,
    closes: 0,
    fcntls: 0,
    execs: 0,
    clones: 0,
    limits: 0,
    exits: 0,
    dups: 0,
    sends: 0,
    rest: 0,
  }
  private actor: Actor

  constructor(stage: Stage) {
    this.stage = stage
    this.residents = settle(stage)
    this.living = [...this.residents]
    this.actor = this.residents[0] as Actor
    stage.writer.blocks(listsOf(this.residents))
  }

  /** A process gets a CPU and does some things. */
  turn(): void {
    const { random } = this.stage
    this.actor = random.pick(this.living)
    for (let left = 1 + random.below(slowest); left > 0; left--) this.step()
  }

  private step(): void {
    const { writer } = this.stage
    const deed = this.mostWanted()
    const before = writer.count
    this[deed]()
    if (writer.count === before) this.opens()
  }

  private mostWanted(): Deed {
    const { count } = this.stage.writer
    let wanted: Deed = 'opens'
    let most = Number.NEGATIVE_INFINITY
    for (const deed of Object.keys(shares) as Deed[]) {
      const lack = (shares[deed] * count - this.done[deed]) / Math.sqrt(shares[deed])
      if (lack <= most) continue
      most = lack
      wanted = deed
    }
    return wanted
  }

  private opens(): void {
    const { actor } = this
    const { random } = this.stage
    const names: readonly PlaceName[] = actor.program.opens
    const place = random.chance(0.15) ? 'library' : random.pick(names)
    for (let n = place.startsWith('missing') ? 1 + random.below(4) : 1; n > 0; n--) {
      actor.open(places[place](random))
      this.done.opens++
    }
    if (actor.fds.length > 3) this.close()
  }

  private close(num?: number): void {
    this.actor.close(num)
    this.done.closes++
  }

  // What is open, or one number after the other before a program is started, most of which are not open.
  private closes(): void {
    const { actor } = this
    if (actor.fds.length > 0) {
      while (actor.fds.length > 0) this.close()
      return
    }
    const last = 3 + this.stage.random.below(20)
    for (let num = 3; num < last; num++) this.close(num)
  }

  // Package tools mark all that is open to be closed, shells put a descriptor aside, others ask for the state of one.
  private fcntls(): void {
    const { random } = this.stage
    const { actor } = this
    if (random.chance(0.3)) {
      const last = 3 + random.below(60)
      for (let num = 3; num < last; num++) this.fcntl(num, commands.setFd, 1)
    } else if (random.chance(0.2)) {
      this.fcntl(1, commands.dup, 10)
      actor.dup2(3, 1)
      this.done.dups++
    } else {
      actor.open(places.absoluteDirectory(random))
      this.done.opens++
      this.fcntl(actor.fds.at(-1) ?? 3, commands.getFlags)
      this.close()
    }
  }

  private fcntl(num: number, command: number, arg = 0): void {
    this.actor.fcntl(num, command, arg)
    this.done.fcntls++
  }

  private execs(): void {
    const { random, writer } = this.stage
    for (let tries = 0; tries < 8 && !this.canExec(this.actor); tries++) this.actor = random.pick(this.living)
    const { actor } = this
    if (!this.canExec(actor)) {
      this.clones()
      return
    }
    const { count } = writer
    actor.exec(random.pick(actor.program.starts.length > 0 ? actor.program.starts : common))
    this.done.execs += writer.count - count
    if (random.chance(0.5)) this.limits()
    this.load(places.cache())
    for (let n = 1 + random.below(5); n > 0; n--) this.load(places.library(random))
  }

  private canExec(actor: Actor): boolean {
    return !this.residents.includes(actor)
  }

  private load(opened: Opened): void {
    this.actor.open(opened)
    this.done.opens++
    this.close()
  }

  private clones(): void {
    const { random } = this.stage
    const parent = this.actor.program.starts.length > 0 ? this.actor : random.pick(this.residents)
    if (this.living.length > mostLiving) this.exits()
    const births: readonly Birth[] = ['clone', 'clone', 'clone', 'clone', 'vfork']
    const birth = random.pick(births)
    this.actor = parent.fork(birth)
    this.living.push(this.actor)
    if (birth === 'clone') this.done.clones += 2
    else this.done.rest += 2
    if (random.chance(0.85)) this.execs()
  }

  private limits(): void {
    this.actor.askLimit()
    this.done.limits++
  }

  private exits(): void {
    const { random } = this.stage
    if (this.living.length < leastLiving) return
    const at = this.residents.length + random.below(this.living.length - this.residents.length)
    this.living[at]?.exit(random.chance(0.2) ? 1 : 0)
    this.living.splice(at, 1)
    this.done.exits++
    this.actor = random.pick(this.living)
  }

  private dups(): void {
    const { actor } = this
    const from = actor.open(places.device(this.stage.random))
    actor.dup2(from, 1)
    this.close()
    this.done.opens++
    this.done.dups++
  }

  private sends(): void {
    const { random } = this.stage
    const actor = random.pick(this.living.filter(({ program }) => talkers.includes(program))) ?? this.actor
    this.actor = actor
    const tuple = tupleOf(2, 32_768 + random.below(28_000), random.below(250), random.pick([80, 443, 5432, 8080, 53]))
    const fd = actor.socket()
    if (random.chance(0.5)) {
      actor.connect(fd, tuple, tuple.subarray(0, 7))
      this.done.rest++
    }
    actor.send(fd, 'GET /health HTTP/1.1\r\nHost: app.example.com\r\nAccept: */*\r\n\r\n', undefined)
    this.done.sends++
    this.done.rest++
    if (random.chance(0.3)) {
      actor.receive(fd, 'HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 612\r\n', undefined)
      this.done.rest++
    }
    this.close(fd)
  }

  private rest(): void {
    this.actor.potter(this.stage.random.below(9))
    this.done.rest++
  }
}

function settle(stage: Stage): readonly Actor[] {
  const actors = residents.map((name, i) => new Actor(stage, name, undefined, i))
  stage.nextTid = 1000
  return actors
}

// Each worker of a load, in bursts as it gets a CPU.
function workers(stage: Stage, count: number, program: ProgramName, work: (worker: Actor) => void): void {
  const all = Array.from({ length: 4 }, (_, i) => new Actor(stage, program, undefined, i))
  stage.nextTid = 1000
  stage.writer.blocks(listsOf(all))
  while (stage.writer.count < count) {
    const worker = stage.random.pick(all)
    for (let n = 0; n < slowest; n++) work(worker)
  }
}

function fileLoop(stage: Stage, count: number): void {
  workers(stage, count, 'cat', (worker) => {
    worker.open({ path: `/tmp/load/file-${stage.random.below(100)}`, isFound: true, mode: 'read' })
    worker.close()
  })
}

function netLoop(stage: Stage, count: number): void {
  workers(stage, count, 'curl', (worker) => {
    const port = 32_768 + stage.random.below(28_000)
    const tuple = tupleOf(2, port, 2, 8080)
    const client = worker.socket()
    worker.connect(client, tuple, addressOf(2, 8080))
    const server = worker.accept(tuple)
    worker.send(client, 'x'.repeat(64), tuple)
    worker.receive(server, 'x'.repeat(64), tuple)
    worker.close(client)
    worker.close(server)
  })
}

function execLoop(stage: Stage, count: number): void {
  workers(stage, count, 'sh', (worker) => {
    const child = worker.fork('clone')
    child.exec('rm', true)
    child.askLimit()
    for (const place of [places.cache, places.library, places.library, places.locale]) {
      child.open(place(stage.random))
      child.close()
    }
    child.open(places.missingLocale(stage.random))
    child.exit(0)
  })
}
