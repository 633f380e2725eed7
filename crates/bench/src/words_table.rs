//! Table: frequent English words and stock phrases, so that made-up dialogue resembles real dialogue.

/// Frequent words, roughly by descending frequency.
pub const COMMON: &str = "
you i the to a s it t and that of is in what we me this he for my on your have do no re don are be not was know can
m with just all ll but so there here they like get she go if him out come about up right want her oh one how well
think good see let did why who now got going as yes will at hey time take look gonna say tell when from were his or
make okay back really an need where mean would could then had sorry been please because them has too never us some
okay something thank over down man thing way two should more very only work people give our even find off love put
sure talk life into things any other wait night first those day their great help every than little after call home
hello big stop through money before leave much always around still again better long old try years kind believe place
nothing away last many friend anything house new keep remember feel thought happened hear bad three wrong told father
guys world made guy fine does room left dead mother same everything maybe told name real nice someone family boy next
ever heart ask girl start most show might came car best run while meet live dad son head another job lot hand idea
trust myself once school enough done kill care such own eyes use bring wife must gone today game without hope turn
brother both together actually knew yourself beautiful change later watch since coming between understand move hard
under saw happy second matter part kids wanted minute door problem morning hold ready plan story tonight truth pay
alone face point thanks end lost tomorrow close break else case open hours forget few set gave heard shut exactly
welcome question stand days husband war hit inside boss phone town police drive hurt walk half week safe used child
lady power body book far anyone miss afraid hell doctor fight side reason speak honey save stuff four women wish
bed play fire listen worry daughter knows five word anyway true buy young birthday land water office tried telling
ago city sit sister line fun team hair crazy rest easy makes against black white red blue green music dance paper
minutes month months hospital number date perfect dog cat clear party promise free fault bit shot glad secret feeling
late taking each soon death quiet sleep street drink dinner eat coffee found high felt church cut dark serious ten
answer middle important front king queen captain ship road train station window table glass letter picture camera
light sound hot cold fast slow strong weak lucky strange simple sweet yellow winter summer north south east west bridge
river mountain forest garden kitchen hotel bar prison court judge lawyer law crime evidence murder blood weapon gun
";

/// Stock phrases.
pub const STOCK: [&str; 24] = [
    "what are you doing here",
    "i don't know",
    "what do you mean",
    "i'm sorry",
    "come on let's go",
    "are you all right",
    "i love you",
    "how are you",
    "thank you very much",
    "what happened",
    "let me see",
    "i have to go",
    "where are you going",
    "it's going to be fine",
    "you have no idea",
    "i can't believe it",
    "nice to meet you",
    "get out of here",
    "leave me alone",
    "i told you",
    "we need to talk",
    "what's going on",
    "are you kidding me",
    "take care of yourself",
];
