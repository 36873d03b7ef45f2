/**
 * Keeps each worker's own file for its start alone: what its lazily loaded chunks share with it lies in chunks beside it.
 * WebKit evaluates the file that a worker was started with anew when a module imports it: there would be two engines in
 * one worker, and both would answer every call.
 *
 * For `worker.plugins` of Vite, whose own setting (`preserveEntrySignatures: false`) is the other way round.
 * @returns {import('vite').Plugin}
 */
export const loneWorkers = () => ({
  name: 'lone-workers',
  apply: 'build',
  options: (options) => ({ ...options, preserveEntrySignatures: 'strict' }),
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      for (const name of [...chunk.imports, ...chunk.dynamicImports]) {
        const imported = bundle[name];
        if (imported?.type === 'chunk' && imported.isEntry)
          this.error(`${chunk.fileName} imports ${name}, the file that a worker is started with.`);
      }
    }
  },
});
