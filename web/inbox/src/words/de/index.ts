import type { Words } from "../en";
import { compose } from "./compose";
import { list } from "./list";
import { login } from "./login";
import { nav } from "./nav";
import { notices } from "./notices";
import { terms } from "./terms";

const de: Words = {
  compose,
  list,
  login,
  nav,
  notices,
  terms,
};

export default de;
