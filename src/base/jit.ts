import { noFTL } from 'bun:jsc'

/**
 * Leaves functions out of the last stage of optimization, which takes many times as long as the one before and a lot of memory: for
 * what is called often enough to get there, but not often enough for it to pay.
 */
export function optimizeLittle(functions: readonly ((...args: never[]) => unknown)[]): void {
  for (const each of functions) noFTL(each as (...args: unknown[]) => unknown)
}

/**
 * From now on functions are optimized as soon as it pays for a program that goes on for long. A start runs nearly everything a few
 * times only: until then the executable optimizes late (`build.ts`).
 */
export function optimizeNormally(): void {
  Bun.unsafe.setJITPolicy(1)
}
