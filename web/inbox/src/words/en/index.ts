// The words of the first screen, in English: by where they stand, a file each. It
// is the type of every other language.

import { compose } from "./compose";
import { list } from "./list";
import { login } from "./login";
import { nav } from "./nav";
import { notices } from "./notices";
import { terms } from "./terms";

const en = {
  compose,
  list,
  login,
  nav,
  notices,
  terms,
};

export type Words = typeof en;
export default en;
