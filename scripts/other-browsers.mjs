// Where Firefox and WebKitGTK are, and what to install where they are not.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const { FIREFOX_PATH, WEBKIT_DRIVER_PATH, PATH = '' } = process.env;

/** By Debian's package: what it is for, and where its program may be (a name is looked for on the PATH). */
const programs = {
  'firefox-esr': {
    what: 'Firefox',
    paths: [FIREFOX_PATH, 'firefox-esr', 'firefox', '/Applications/Firefox.app/Contents/MacOS/firefox'],
    variable: 'FIREFOX_PATH',
  },
  'webkit2gtk-driver': {
    what: 'WebKitWebDriver',
    paths: [WEBKIT_DRIVER_PATH, 'WebKitWebDriver'],
    variable: 'WEBKIT_DRIVER_PATH',
  },
  xvfb: { what: 'Xvfb', paths: ['Xvfb'] },
};

const isProgram = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const find = ({ paths }) =>
  paths
    .filter((path) => path)
    .flatMap((path) =>
      path.includes('/') ? [path] : PATH.split(delimiter).map((folder) => join(folder, path)),
    )
    .find(isProgram);

/**
 * Path of the program of a Debian package.
 * @param {keyof typeof programs} name
 * @returns {string}
 * @throws naming the package, where the program is not to be found
 */
export const programOf = (name) => {
  const program = programs[name];
  const path = find(program);
  if (path) return path;
  const otherwise = program.variable ? `, or name the program in ${program.variable}` : '';
  throw new Error(`${program.what} is not installed. On Debian: \`apt-get install ${name}\`${otherwise}.`);
};

/** The packages, by their names in Debian, whose programs are not here. */
export const missingPackages = () => Object.keys(programs).filter((name) => !find(programs[name]));
