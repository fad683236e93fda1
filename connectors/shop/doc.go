// Package shop is the connector of online shops: whatever a shop tells of its
// customers, orders, carts and products becomes items of the contract in package
// connectors, and what an agent does with an order is done in the shop.
//
// It takes webhooks of Shopify and of WooCommerce; of any other shop what is
// signed by Standard Webhooks, in the contract's own words; and, whatever the
// shop, calls in the shapes of Segment's specification. Each has a parser that
// does no I/O and is total: a topic that isn't known arrives as it came, with a
// sentence that says so, and an amount that can't be read is named and left out.
// Money goes from decimal text to minor units of its currency exactly.
//
// The store of all records is the account's id. Whatever a shop says of one
// order carries that order's key and the shop's own time, so that it may come
// late, twice and backwards: see [inbox.OrderState].
//
// The package never threads, deduplicates or decides who somebody is, and knows
// no database, no bus and no other channel.
package shop
