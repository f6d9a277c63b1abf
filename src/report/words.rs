//! The words of a report, in English and Arabic.

use crate::rules::lifecycle::State;

/// The words of one language.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// The language's tag.
    pub lang: &'static str,
    /// The direction of writing: `ltr` or `rtl`.
    pub dir: &'static str,
    entries: &'static [(&'static str, &'static str)],
}

impl Words {
    /// Gives the words of a language; English where there are none.
    #[must_use]
    pub fn of(lang: &str) -> Self {
        if lang.split('-').next() == Some("ar") { ARABIC } else { ENGLISH }
    }

    /// Gives the words for a key. A key without words stands for itself: codes are printed as they are.
    #[must_use]
    pub fn say(&self, key: &'static str) -> &'static str {
        self.entries.iter().find(|(known, _)| *known == key).map_or(key, |(_, words)| words)
    }

    /// Gives the words for a code that is not known beforehand.
    #[must_use]
    pub fn code<'a>(&self, code: &'a str) -> &'a str
    where
        'static: 'a,
    {
        self.entries.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
    }

    /// Gives the words of a state.
    #[must_use]
    pub fn state(&self, state: State) -> &'static str {
        match state {
            State::None => self.say("none_reported"),
            state => self.say(state.as_str()),
        }
    }
}

const ENGLISH: Words = Words {
    lang: "en",
    dir: "ltr",
    entries: &[
        ("title", "Situation report"),
        ("period", "Period"),
        ("known", "As known at record"),
        ("axis_record", "record axis: what the ledger had recorded"),
        ("axis_publication", "publication axis: what sources had published by"),
        ("of_log", "of"),
        ("head", "head"),
        ("rules", "Rule set"),
        ("claims_not_facts", "This report lists what was claimed, by whom and when. It does not say who is right."),
        ("summary", "Summary"),
        ("this_period", "This period"),
        ("period_before", "Period before"),
        ("records", "Records"),
        ("incidents", "Incidents"),
        ("called_breach", "Incidents that somebody calls a breach"),
        ("verified_incidents", "Incidents that an assessor verified"),
        ("answered", "Incidents that the accused answered"),
        ("nobody_named", "Incidents for which nobody is named"),
        ("undated_incidents", "Incidents without a stated time, in no period"),
        ("range_note", "A range goes from what is certain to what is possible."),
        ("candidates", "May be one incident; counted as two unless merged:"),
        ("states", "State of the ceasefire"),
        ("perspective", "Point of view"),
        ("at_start", "When the period began"),
        ("at_end", "When it ended"),
        ("regions", "By region"),
        ("region", "Region"),
        ("certain", "certain"),
        ("possible", "possible"),
        ("figures", "Figures claimed"),
        ("casualties", "Figures, verified and reported apart"),
        ("kind", "What"),
        ("verified", "Verified"),
        ("reported", "Reported, not verified"),
        ("incident_list", "The incidents"),
        ("incident", "Incident"),
        ("when", "When"),
        ("where", "Where"),
        ("act", "Act"),
        ("accused", "Accused"),
        ("answer", "Answer"),
        ("status", "Status"),
        ("access", "Access denied to monitors"),
        ("monitor", "Monitor"),
        ("by", "By"),
        ("statements", "What was said"),
        ("said", "Said"),
        ("about", "About"),
        ("late", "Reported late: earlier incidents first recorded in this period"),
        ("recorded", "Recorded"),
        ("corrections", "Corrections to what earlier reports said"),
        ("target", "Changes"),
        ("reason", "Reason"),
        ("counters", "Counters that others keep"),
        ("counter", "Counter"),
        ("value", "Latest reading"),
        ("counters_note", "Readings are never added, to each other or to incidents."),
        ("decreased", "fell at some time"),
        ("mismatch", "stated total does not add up"),
        ("coverage", "Coverage and method"),
        ("reporters", "Reported by"),
        ("quiet_reports", "Reports of quiet"),
        ("access_denied", "Access denied"),
        ("silence", "Silence is never agreement, and no report is no zero."),
        ("none", "None."),
        ("nobody", "nobody"),
        ("undated", "no time stated"),
        ("no registered place", "no registered place"),
        ("pictures", "Pictures"),
        ("timeline", "Timeline"),
        ("heat", "Incidents by place and day"),
        ("weeks", "Incidents by week"),
        ("map", "Where incidents are said to have happened"),
        ("days_end", "days end at"),
        ("none_reported", "nothing reported yet"),
        ("agreed", "agreed (not yet in force)"),
        ("in_force", "in force"),
        ("never_in_force", "never in force"),
        ("ended", "ended (date unknown)"),
        ("or", "or"),
        ("blank_note", "An empty cell: nothing was reported. A zero: somebody reported quiet."),
        ("map_note", "A circle is as wide as the place is uncertain. No borders are drawn: a border is a claim."),
        ("unplaced", "without a point, not drawn"),
        ("wide", "known only to a wide area"),
        ("late_lane", "recorded"),
        ("solid", "in force"),
        ("dashed", "uncertain or contested"),
        ("layer", "Layer"),
    ],
};

const ARABIC: Words = Words {
    lang: "ar",
    dir: "rtl",
    entries: &[
        ("title", "تقرير الحالة"),
        ("period", "الفترة"),
        ("known", "كما هو معلوم عند القيد"),
        ("axis_record", "محور التسجيل: ما كان السجل قد قيّده"),
        ("axis_publication", "محور النشر: ما كانت المصادر قد نشرته حتى"),
        ("of_log", "من"),
        ("head", "الرأس"),
        ("rules", "مجموعة القواعد"),
        ("claims_not_facts", "يسرد هذا التقرير ما قيل، ومن قاله ومتى. ولا يقرر من المحق."),
        ("summary", "ملخص"),
        ("this_period", "هذه الفترة"),
        ("period_before", "الفترة السابقة"),
        ("records", "القيود"),
        ("incidents", "الحوادث"),
        ("called_breach", "حوادث وصفها طرف ما بأنها خرق"),
        ("verified_incidents", "حوادث تحقق منها مقيّم"),
        ("answered", "حوادث رد عليها المتهم"),
        ("nobody_named", "حوادث لم يُسمَّ فيها أحد"),
        ("undated_incidents", "حوادث لم يُذكر وقتها، خارج كل فترة"),
        ("range_note", "يمتد النطاق من المؤكد إلى الممكن."),
        ("candidates", "قد تكون حادثة واحدة؛ تُعدّ اثنتين ما لم تُدمج:"),
        ("states", "حالة وقف إطلاق النار"),
        ("perspective", "وجهة النظر"),
        ("at_start", "عند بداية الفترة"),
        ("at_end", "عند نهايتها"),
        ("regions", "حسب المنطقة"),
        ("region", "المنطقة"),
        ("certain", "مؤكد"),
        ("possible", "ممكن"),
        ("figures", "الأرقام المدّعاة"),
        ("casualties", "الأرقام: المتحقق منها والمبلّغ عنها كلٌّ على حدة"),
        ("kind", "البند"),
        ("verified", "متحقق منه"),
        ("reported", "مبلّغ عنه، غير متحقق منه"),
        ("incident_list", "الحوادث"),
        ("incident", "الحادثة"),
        ("when", "متى"),
        ("where", "أين"),
        ("act", "الفعل"),
        ("accused", "المتهم"),
        ("answer", "الرد"),
        ("status", "الوضع"),
        ("access", "منع المراقبين من الوصول"),
        ("monitor", "المراقب"),
        ("by", "من قِبل"),
        ("statements", "ما قيل"),
        ("said", "وقت القول"),
        ("about", "بشأن"),
        ("late", "بلاغات متأخرة: حوادث سابقة قُيّدت أول مرة في هذه الفترة"),
        ("recorded", "وقت القيد"),
        ("corrections", "تصحيحات لما ورد في تقارير سابقة"),
        ("target", "يغيّر"),
        ("reason", "السبب"),
        ("counters", "عدّادات يحتفظ بها آخرون"),
        ("counter", "العدّاد"),
        ("value", "آخر قراءة"),
        ("counters_note", "لا تُجمع القراءات بعضها إلى بعض ولا إلى الحوادث."),
        ("decreased", "انخفض في وقت ما"),
        ("mismatch", "المجموع المذكور لا يطابق أجزاءه"),
        ("coverage", "التغطية والمنهج"),
        ("reporters", "أبلغ عنها"),
        ("quiet_reports", "بلاغات عن هدوء"),
        ("access_denied", "مرات منع الوصول"),
        ("silence", "الصمت ليس موافقة، وغياب البلاغ ليس صفراً."),
        ("none", "لا شيء."),
        ("nobody", "لا أحد"),
        ("undated", "لم يُذكر وقت"),
        ("no registered place", "لا مكان مسجّل"),
        ("pictures", "رسوم"),
        ("timeline", "خط زمني"),
        ("heat", "الحوادث حسب المكان واليوم"),
        ("weeks", "الحوادث حسب الأسبوع"),
        ("map", "أين يقال إن الحوادث وقعت"),
        ("days_end", "ينتهي اليوم عند"),
        ("none_reported", "لم يُبلّغ عن شيء بعد"),
        ("proposed", "مقترح"),
        ("announced", "معلن"),
        ("agreed", "متفق عليه (لم يسرِ بعد)"),
        ("in_force", "سارٍ"),
        ("suspended", "معلّق"),
        ("terminated", "منتهٍ بإعلان"),
        ("expired", "انقضت مدته"),
        ("superseded", "حلّ محله غيره"),
        ("collapsed", "منهار"),
        ("never_in_force", "لم يسرِ قط"),
        ("ended", "انتهى (التاريخ غير معلوم)"),
        ("or", "أو"),
        ("alleged", "مدّعى"),
        ("under_verification", "قيد التحقق"),
        ("partially_verified", "متحقق منه جزئياً"),
        ("not_confirmed", "غير مؤكد"),
        ("unverifiable", "يتعذر التحقق منه"),
        ("dismissed", "مرفوض"),
        ("out_of_scope", "خارج النطاق"),
        ("denied", "نفي"),
        ("denied_generally", "نفي عام"),
        ("justified", "تبرير"),
        ("justified_without_claiming", "تبرير دون تبنٍّ"),
        ("partly_acknowledged", "إقرار جزئي"),
        ("acknowledged", "إقرار"),
        ("countered", "اتهام مضاد"),
        ("blank_note", "الخانة الفارغة: لم يُبلّغ عن شيء. الصفر: أبلغ أحدهم عن هدوء."),
        ("map_note", "اتساع الدائرة بقدر عدم اليقين في المكان. لا تُرسم حدود: فالحدود ادعاء."),
        ("unplaced", "بلا نقطة، لم تُرسم"),
        ("wide", "معلومة لمنطقة واسعة فقط"),
        ("late_lane", "وقت القيد"),
        ("solid", "سارٍ"),
        ("dashed", "غير مؤكد أو متنازع عليه"),
        ("layer", "طبقة"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_has_words_in_arabic() {
        for (key, _) in ENGLISH.entries {
            assert!(ARABIC.entries.iter().any(|(known, _)| known == key), "no Arabic for `{key}`");
        }
    }

    #[test]
    fn no_key_stands_twice() {
        for words in [ENGLISH, ARABIC] {
            let mut keys: Vec<&str> = words.entries.iter().map(|(key, _)| *key).collect();
            keys.sort_unstable();
            let all = keys.len();
            keys.dedup();
            assert_eq!(keys.len(), all, "{}", words.lang);
        }
    }

    #[test]
    fn every_state_has_words_in_arabic() {
        for state in State::ALL.iter().filter(|state| **state != State::None) {
            assert_ne!(ARABIC.state(*state), state.as_str(), "{state}");
            assert_ne!(ENGLISH.state(*state), "", "{state}");
        }
    }
}
