// Signals of Linux on x86 and arm64 (include/uapi/asm-generic/signal.h), from 1 on.
const names = `
SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGSTKFLT
SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO SIGPWR SIGSYS
`
  .trim()
  .split(/\s+/)

/** `SIGTERM` for 15; undefined for 0 and for real-time signals. */
export function signalName(signal: number): string | undefined {
  return names[signal - 1]
}
