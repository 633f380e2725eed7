//! English.

use super::Level as L;
use super::Sense::*;
use super::{HOUR, MINUTE, SECOND, Sense};

pub(super) const TABLE: &[(Sense, &str)] = &[
    (
        Frame,
        "a|an|the|this|that|these|those|some|any|all|all of|all the|every|each|both|either|is|are|was|were|be|been|being|it|its|\
         he|she|they|his|her|their|we|you|i|me|us|my|our|your|find|find me|show|show me|give|give me|get|get me|look for|\
         search for|search|i need|i want|i would like|id like|im looking for|looking for|we need|we want|need|want|can you|\
         could you|would you|please|let me see|list|where|wheres|when|which|what|who|whos|whose|there is|there are|theres|\
         here|does|do|did|has|have|had|with|while|as|for|appear|appears|appearing|appeared|on screen|onscreen|on camera|\
         in shot|in frame|together|present|seen|visible|shown|featuring|features|feature|contains|containing|including|\
         involving|speak|speaks|speaking|talk|talks|talking|spoke|talked|someone|somebody|anyone|anybody|speaker|of|by|from|to|\
         also|just|only|lasting|lasts|how|many|said by|spoken by|it is|it was|called|so|out of|during|footage|\
         footage of|video|videos|film of|let us see|if|holding up|a lot of|lots of|again|ever|anything|everything|anywhere|everywhere|there|something|about|we have|we have of|on it|us",
    ),
    (Place, "in|at|on|inside|into|near|aboard|onboard"),
    (Noun, "scene|clip|shot|moment|result|hit|time|place where|part|bit|instance|occurrence|spot|take"),
    (Nouns, "scenes|clips|shots|moments|results|hits|parts|bits|times|spots|takes"),
    (
        Then,
        "then|and then|followed by|followed|after that|and after that|afterwards|and afterwards|and later|later|next|and next|\
         subsequently|leading to|leads to|→|immediately followed by|and after this|before cutting to|cut to|cuts to",
    ),
    (
        Before,
        "before|just before|right before|shortly before|prior to|earlier than|ahead of|precedes|preceding",
    ),
    (After, "after|just after|right after|shortly after|following|once|later than|preceded by"),
    (
        Not,
        "without|without any|without the|not|no|but not|but no|and not|and no|except|except for|except in|excluding|exclude|other than|minus|\
         neither|nor|never|doesnt|does not|dont|do not|isnt|is not|arent|are not|outside|outside of|not in|but without|lacking",
    ),
    (Or, "or|or else|and or"),
    (And, "and|&|+|plus|as well as|along with|together with|alongside|but|and also"),
    (
        Say,
        "say|says|saying|said|who says|exclaims|shouts|shouting|whispers|whispering|yells|yelling|asks|asking|answers|utters|replies|quote",
    ),
    (
        About,
        "talk about|talks about|talking about|talked about|speak about|speaks about|speaking about|speak of|speaks of|speaking of|\
         mention|mentions|mentioning|mentioned|discuss|discusses|discussing|says something about|saying something about|\
         say something about|dialogue about|lines about|conversation about|conversations about|argue about|argues about|\
         arguing about|says something like|asks about|asking about|refers to|referring to|joke about|jokes about",
    ),
    (
        Silence,
        "nobody is talking|nobody talks|nobody speaks|nobody is speaking|no one talks|no one speaks|no one is talking|\
         no one is speaking|nobody says anything|no one says anything|nobody talking|nobody speaking|silence|in silence|silent|\
         without people talking|without anyone talking|without anybody talking|without anyone speaking|without talking|\
         without speech|no talking|no speech|no one talking|without words",
    ),
    (Dialogue, "dialogue|dialog|dialogues|lines|line|speech|spoken words|conversation|conversations"),
    (
        Union,
        "every instance of|all instances of|any instance of|each instance of|every occurrence of|all occurrences of|any occurrence of|\
         every appearance of|all appearances of|any appearance of|any of|anything with|every instance where|all instances where|\
         union of|everything with",
    ),
    (Best, "top|best|strongest|greatest|finest"),
    (Most, "most"),
    (Longest, "longest"),
    (Shortest, "shortest"),
    (
        FirstTime,
        "first time|first moment|first appearance of|first scene|first shot|first instance of|earliest",
    ),
    (
        InOrder,
        "in order of appearance|in chronological order|chronologically|in story order|sorted by time|ordered by time|by time|in order",
    ),
    (Last, "last|latest|final"),
    (
        Per,
        "per|each|of each|in each|for each|from each|every|of every|in every|for every|from every|by|grouped by|group by|split by|broken down by",
    ),
    (Level(L::Episode), "episode|episodes|ep|eps"),
    (Level(L::Season), "season|seasons"),
    (Level(L::Series), "series|show|shows"),
    (Level(L::Movie), "movie|movies|film|films|title|titles"),
    (Level(L::Collection), "collection|collections|franchise|franchises"),
    (Level(L::Asset), "asset|assets|file|files|reel|reels|video file"),
    (
        Within,
        "within|within the next|in under|in less than|no later than|at most|not more than|no more than|inside of|inside",
    ),
    (Of, "of"),
    (
        More,
        "longer than|more than|over|exceeding|above|greater than|lasting more than|lasting longer than|>|for more than|for longer than|for over",
    ),
    (
        AtLeast,
        "at least|for at least|no shorter than|not shorter than|minimum|a minimum of|not less than|no less than|lasting at least",
    ),
    (Less, "shorter than|less than|under|below|for less than|lasting less than|fewer than|<"),
    (AtMost, "at most|up to|no longer than|not longer than|maximum|a maximum of|for at most"),
    (Between, "between"),
    (From, "from"),
    (Until, "until|to|till|up to|through|-|–|—"),
    (OrMore, "or longer|or more|and longer|and up|and more"),
    (OrLess, "or shorter|or less|and less"),
    (Long, "long|in length|each|apart"),
    (
        Confidence,
        "confidence|confident|sure|certain|certainty|min confidence|minimum confidence|confidence score|with confidence|a confidence",
    ),
    (SECOND, "s|sec|secs|second|seconds"),
    (MINUTE, "m|min|mins|minute|minutes"),
    (HOUR, "h|hr|hrs|hour|hours"),
    (One, "a|an|one"),
    (Half, "half a|half an|half"),
    (Number(1), "one"),
    (Number(2), "two|couple of|a couple of"),
    (Number(3), "three"),
    (Number(4), "four"),
    (Number(5), "five"),
    (Number(6), "six"),
    (Number(7), "seven"),
    (Number(8), "eight"),
    (Number(9), "nine"),
    (Number(10), "ten"),
    (Number(12), "twelve|a dozen"),
    (Number(15), "fifteen"),
    (Number(20), "twenty"),
    (Number(30), "thirty"),
    (Number(45), "forty five"),
    (Number(60), "sixty"),
    (Ordinal(1), "first|1st|opening"),
    (Ordinal(2), "second|2nd"),
    (Ordinal(3), "third|3rd"),
    (Ordinal(4), "fourth|4th"),
    (Ordinal(5), "fifth|5th"),
    (Ordinal(6), "sixth|6th"),
    (Ordinal(7), "seventh|7th"),
    (Ordinal(8), "eighth|8th"),
    (Ordinal(9), "ninth|9th"),
    (Ordinal(10), "tenth|10th"),
    (Pilot, "pilot|pilot episode|series premiere"),
    (Finale, "finale|season finale|series finale|final episode|last episode"),
    (Spoken("en"), "english"),
    (Spoken("es"), "spanish"),
    (Spoken("fr"), "french"),
    (Spoken("de"), "german"),
    (Spoken("pt"), "portuguese"),
    (Spoken("it"), "italian"),
    (Spoken("nl"), "dutch"),
    (Spoken("sv"), "swedish"),
    (Spoken("ru"), "russian"),
    (Spoken("zh"), "chinese"),
    (Spoken("ja"), "japanese"),
    (Spoken("ko"), "korean"),
    (
        Titled,
        "episode|the episode|episode called|episode titled|movie|the movie|film|the film|series|the series|the show|collection|titled|episode named",
    ),
];
