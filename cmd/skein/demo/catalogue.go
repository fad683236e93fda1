package demo

// A product of the shop. Prices are in euro cents.
type product struct {
	sku, title string
	price      int64
	variants   []string
}

var catalogue = []product{
	{"HP-KNF-01", "Chef's knife 20 cm", 8900, []string{"Oak handle", "Walnut handle"}},
	{"HP-BRD-02", "End-grain cutting board", 7450, []string{"Small", "Large"}},
	{"HP-PAN-03", "Cast-iron skillet", 6400, []string{"24 cm", "28 cm"}},
	{"HP-KTL-04", "Enamel kettle 1.8 l", 4990, []string{"Forest green", "Cream", "Navy"}},
	{"HP-MUG-05", "Stoneware mug, set of 4", 3600, []string{"Slate", "Sand"}},
	{"HP-TWL-06", "Linen tea towel, set of 3", 2950, []string{"Natural", "Striped"}},
	{"HP-APR-07", "Waxed canvas apron", 5800, []string{"Olive", "Charcoal"}},
	{"HP-BLK-08", "Merino wool blanket", 12900, []string{"Grey", "Rust", "Moss"}},
	{"HP-CDL-09", "Beeswax candle, pair", 1890, nil},
	{"HP-LMP-10", "Oil lantern", 4500, []string{"Brass", "Black"}},
	{"HP-BSK-11", "Willow log basket", 5600, nil},
	{"HP-AXE-12", "Splitting hatchet", 7900, nil},
	{"HP-THR-13", "Thermos flask 1 l", 3990, []string{"Steel", "Green"}},
	{"HP-RGN-14", "Rain jacket", 14900, []string{"S", "M", "L", "XL"}},
	{"HP-SWT-15", "Fisherman's sweater", 11900, []string{"S", "M", "L", "XL"}},
	{"HP-BNE-16", "Ribbed beanie", 2900, []string{"Navy", "Mustard", "Ecru"}},
	{"HP-SCK-17", "Boot socks, 2 pairs", 2400, []string{"36-39", "40-43", "44-47"}},
	{"HP-BTS-18", "Leather deck boots", 18900, []string{"38", "39", "40", "41", "42", "43", "44"}},
	{"HP-BAG-19", "Canvas duffel bag", 9900, []string{"Sand", "Olive"}},
	{"HP-SOP-20", "Pine tar soap, 3 bars", 1650, nil},
	{"HP-STL-21", "Three-legged stool", 8400, []string{"Oak", "Ash"}},
	{"HP-SHF-22", "Wall shelf 80 cm", 6900, []string{"Oak", "Pine"}},
	{"HP-HMK-23", "Cotton hammock", 7800, nil},
	{"HP-CPS-24", "Pocket compass", 3400, []string{"Brass"}},
	{"HP-COF-25", "Coffee grinder", 9400, []string{"Beech", "Walnut"}},
	{"HP-CAR-26", "Glass carafe 1 l", 3200, nil},
	{"HP-BRM-27", "Horsehair hand brush", 1450, nil},
	{"HP-GLV-28", "Garden gloves, goatskin", 2700, []string{"S", "M", "L"}},
	{"HP-SEC-29", "Pruning shears", 4200, nil},
	{"HP-GFT-30", "Gift card", 5000, nil},
}

// people by the language that they write in; the shop is in Europe and sends
// all over the world.
var peopleNames = []struct {
	lang  string
	share int // of 100
	given []string
	last  []string
}{
	{"en", 34, []string{"Amelia", "Oliver", "Priya", "Declan", "Chidi", "Grace", "Aisha", "Rhys", "Maya", "Noah", "Zainab", "Callum", "Ngozi", "Harriet", "Arjun", "Imogen", "Kwame", "Siobhán", "Ravi", "Leila"},
		[]string{"Bennett", "Okonkwo", "Patel", "O'Brien", "MacLeod", "Hughes", "Khan", "Adeyemi", "Fletcher", "Nair", "Whitfield", "Osei", "Campbell", "Singh", "Ashworth", "Rahman"}},
	{"de", 22, []string{"Jürgen", "Anke", "Lukas", "Sabine", "Emre", "Heike", "Björn", "Katrin", "Ömer", "Lena", "Friedrich", "Ayşe", "Moritz", "Ulrike"},
		[]string{"Müller", "Schröder", "Yılmaz", "Weiß", "Großmann", "Hartmann", "Köhler", "Demir", "Vogel", "Lindner", "Brandt", "Fischer"}},
	{"fr", 13, []string{"Chloé", "Étienne", "Fatima", "Benoît", "Amélie", "Youssef", "Margaux", "Théo", "Noémie", "François"},
		[]string{"Lefèvre", "Moreau", "Benali", "Girard", "Dubois", "Rousseau", "Diallo", "Fontaine"}},
	{"es", 10, []string{"Lucía", "Javier", "Inés", "Andrés", "Ximena", "Íñigo", "Marisol", "Álvaro"},
		[]string{"García Núñez", "Fernández", "Ibáñez", "Quispe", "Muñoz", "Romero", "Peña"}},
	{"ja", 6, []string{"陽子", "健太", "美咲", "大輔", "さくら"}, []string{"佐藤", "鈴木", "高橋", "渡辺", "伊藤"}},
	{"it", 5, []string{"Giulia", "Matteo", "Niccolò", "Chiara"}, []string{"Rossi", "De Luca", "Ferrari", "Lo Presti"}},
	{"nl", 5, []string{"Sanne", "Daan", "Femke", "Joost"}, []string{"van den Berg", "de Vries", "Jansen", "IJsselstein"}},
	{"en", 5, []string{"Wei", "Xiaoling", "Jun", "Thị Mai", "Nattapong", "Min-jun"}, []string{"Chen", "Liu", "Nguyễn", "Park", "Srisai", "Tan"}},
}

// latin are letters for the names that aren't in Latin script, by which their
// owners' addresses go.
var latin = map[string]string{
	"陽子": "yoko", "健太": "kenta", "美咲": "misaki", "大輔": "daisuke", "さくら": "sakura",
	"佐藤": "sato", "鈴木": "suzuki", "高橋": "takahashi", "渡辺": "watanabe", "伊藤": "ito",
}

var mailDomains = []string{"mail.example", "post.example", "inbox.example", "letters.test", "webmail.test", "fastpost.example", "company.example", "studio.test"}
