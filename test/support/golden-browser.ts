import type { GoldenFiles } from './golden-files';

const urls = import.meta.glob<string>('../golden/{trl,peft,diffusion}/**', {
  query: '?url',
  import: 'default',
  eager: true,
});

export const goldenFiles: GoldenFiles = {
  async bytes(path) {
    const url = urls[`../golden/${path}`];
    if (url === undefined) throw new Error(`There is no fixture ${path}.`);
    return new Uint8Array(await (await fetch(url)).arrayBuffer());
  },
};
