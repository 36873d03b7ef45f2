// Serves the project folder for the whole-page tests: the built page in dist/, and the example beside it.
import { ensureBuilt, projectRoot } from './build.mjs';
import { serveFolder } from './static-server.mjs';
import { withoutStacks } from './terminal/tell-error.mjs';

withoutStacks();

await ensureBuilt({ library: true });
const server = await serveFolder({ root: projectRoot, port: Number(process.argv[2] ?? 4817) });
console.log(server.url);
