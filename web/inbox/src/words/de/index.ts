import type { Words } from "../en";
import { login } from "./login";

const de: Words = {
  login,
};

export default de;
