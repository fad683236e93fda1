import { AtSign, Mail, MessageCircle, Phone, ShoppingBag, type LucideIcon } from "lucide-react";
import type { Channel } from "../types";

/** Channels are told by their glyph, not by a colour. */
export const channelIcon: Record<Channel, LucideIcon> = {
  email: Mail,
  chat: MessageCircle,
  phone: Phone,
  social: AtSign,
  shop: ShoppingBag,
};
