import type { Words } from "../en";
import { compose } from "./compose";
import { list } from "./list";
import { login } from "./login";
import { nav } from "./nav";

const de: Words = {
  compose,
  list,
  login,
  nav,
};

export default de;
