// The words of the first screen, in English: by where they stand, a file each. It
// is the type of every other language.

import { compose } from "./compose";
import { list } from "./list";
import { login } from "./login";
import { nav } from "./nav";

const en = {
  compose,
  list,
  login,
  nav,
};

export type Words = typeof en;
export default en;
