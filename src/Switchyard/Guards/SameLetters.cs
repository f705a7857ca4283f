using System.Globalization;

namespace Switchyard.Guards;

/// <summary>
/// What <see cref="FoldedText"/> treats as the same letter. A program without culture data (<c>InvariantGlobalization</c>) cannot ask .NET
/// for the normal forms of Unicode, so those that readers take for the same text are listed here. Pure.
/// </summary>
internal static class SameLetters
{
    // Superscripts, subscripts, letterlike symbols, numerals and their plain letters, position by position.
    private const string Fancy =
        "ª²³¹ºſʰʲʳʷʸˡˢˣᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁᵂᵃᵇᵈᵉᵍᵏᵐᵒᵖᵗᵘᵛᵢᵣᵤᵥᶜᶠᶻ⁰ⁱ⁴⁵⁶⁷⁸⁹ⁿ₀₁₂₃₄₅₆₇₈₉ₐₑ"
        + "ₒₓₕₖₗₘₙₚₛₜℂℊℋℌℍℎℐℑℒℓℕℙℚℛℜℝℤℨKℬℭℯℰℱℳℴℹⅅⅆⅇⅈⅉⅠⅤⅩⅬⅭⅮⅯⅰⅴⅹⅼⅽⅾⅿ①②③④⑤⑥⑦⑧⑨⓪ⱼⱽꟲꟳꟴÅ";

    private const string Plain =
        "a231oshjrwylsxABDEGHIJKLMNOPRTUWabdegkmoptuviruvcfz0i456789n0123456789ae"
        + "oxhklmnpstCgHHHhIILlNPQRRRZZKBCeEFMoiDdeijIVXLCDMivxlcdm1234567890jVCFQÅ";

    // The letters of U+FF66 to U+FF9D.
    private const string HalfWidthKana = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

    // A mark, the letters that it is written on, and the composed letters, position by position.
    private static readonly (char Mark, string Bases, string Composed)[] s_marks =
    [
        ('\u0300', "AEIOUaeiouÜüNnЕИеиĒēŌōWwÂâĂăÊêÔôƠơƯưYyαεηιουωΑΕΗϊΙ", "ÀÈÌÒÙàèìòùǛǜǸǹЀЍѐѝḔḕṐṑẀẁẦầẰằỀềỒồỜờỪừỲỳὰὲὴὶὸὺὼᾺῈῊῒῚ"),
        ('\u0300', "ϋΥ¨ΟΩ", "ῢῪ῭ῸῺ"),
        ('\u0301', "AEIOUYaeiouyCcLlNnRrSsZzÜüGgÅåÆæØø¨ΑΕΗΙΟΥΩϊαεηιϋου", "ÁÉÍÓÚÝáéíóúýĆćĹĺŃńŔŕŚśŹźǗǘǴǵǺǻǼǽǾǿ΅ΆΈΉΊΌΎΏΐάέήίΰόύ"),
        ('\u0301', "ωϒГКгкÇçĒēÏïKkMmÕõŌōPpŨũWwÂâĂăÊêÔôƠơƯư", "ώϓЃЌѓќḈḉḖḗḮḯḰḱḾḿṌṍṒṓṔṕṸṹẂẃẤấẮắẾếỐốỚớỨứ"),
        ('\u0302', "AEIOUaeiouCcGgHhJjSsWwYyZzẠạẸẹỌọ", "ÂÊÎÔÛâêîôûĈĉĜĝĤĥĴĵŜŝŴŵŶŷẐẑẬậỆệỘộ"),
        ('\u0303', "ANOanoIiUuVvÂâĂăEeÊêÔôƠơƯưYy", "ÃÑÕãñõĨĩŨũṼṽẪẫẴẵẼẽỄễỖỗỠỡỮữỸỹ"),
        ('\u0304', "AaEeIiOoUuÜüÄäȦȧÆæǪǫÖöÕõȮȯYyИиУуGgḶḷṚṛαΑιΙυΥ", "ĀāĒēĪīŌōŪūǕǖǞǟǠǡǢǣǬǭȪȫȬȭȰȱȲȳӢӣӮӯḠḡḸḹṜṝᾱᾹῑῙῡῩ"),
        ('\u0306', "AaEeGgIiOoUuУИиуЖжАаЕеȨȩẠạαΑιΙυΥ", "ĂăĔĕĞğĬĭŎŏŬŭЎЙйўӁӂӐӑӖӗḜḝẶặᾰᾸῐῘῠῨ"),
        ('\u0307', "CcEeGgIZzAaOoBbDdFfHhMmNnPpRrSsŚśŠšṢṣTtWwXxYyſ", "ĊċĖėĠġİŻżȦȧȮȯḂḃḊḋḞḟḢḣṀṁṄṅṖṗṘṙṠṡṤṥṦṧṨṩṪṫẆẇẊẋẎẏẛ"),
        ('\u0308', "AEIOUaeiouyYΙΥιυϒЕІеіАаӘәЖжЗзИиОоӨөЭэУуЧчЫыHhÕõŪūW", "ÄËÏÖÜäëïöüÿŸΪΫϊϋϔЁЇёїӒӓӚӛӜӝӞӟӤӥӦӧӪӫӬӭӰӱӴӵӸӹḦḧṎṏṺṻẄ"),
        ('\u0308', "wXxt", "ẅẌẍẗ"),
        ('\u0309', "AaÂâĂăEeÊêIiOoÔôƠơUuƯưYy", "ẢảẨẩẲẳẺẻỂểỈỉỎỏỔổỞởỦủỬửỶỷ"),
        ('\u030A', "AaUuwy", "ÅåŮůẘẙ"),
        ('\u030B', "OoUuУу", "ŐőŰűӲӳ"),
        ('\u030C', "CcDdEeLlNnRrSsTtZzAaIiOoUuÜüGgKkƷʒjHh", "ČčĎďĚěĽľŇňŘřŠšŤťŽžǍǎǏǐǑǒǓǔǙǚǦǧǨǩǮǯǰȞȟ"),
        ('\u030F', "AaEeIiOoRrUuѴѵ", "ȀȁȄȅȈȉȌȍȐȑȔȕѶѷ"),
        ('\u0311', "AaEeIiOoRrUu", "ȂȃȆȇȊȋȎȏȒȓȖȗ"),
        ('\u031B', "OoUu", "ƠơƯư"),
        ('\u0323', "BbDdHhKkLlMmNnRrSsTtVvWwZzAaEeIiOoƠơUuƯưYy", "ḄḅḌḍḤḥḲḳḶḷṂṃṆṇṚṛṢṣṬṭṾṿẈẉẒẓẠạẸẹỊịỌọỢợỤụỰựỴỵ"),
        ('\u0324', "Uu", "Ṳṳ"),
        ('\u0325', "Aa", "Ḁḁ"),
        ('\u0326', "SsTt", "ȘșȚț"),
        ('\u0327', "CcGgKkLlNnRrSsTtEeDdHh", "ÇçĢģĶķĻļŅņŖŗŞşŢţȨȩḐḑḨḩ"),
        ('\u0328', "AaEeIiUuOo", "ĄąĘęĮįŲųǪǫ"),
        ('\u032D', "DdEeLlNnTtUu", "ḒḓḘḙḼḽṊṋṰṱṶṷ"),
        ('\u032E', "Hh", "Ḫḫ"),
        ('\u0330', "EeIiUu", "ḚḛḬḭṴṵ"),
        ('\u0331', "BbDdKkLlNnRrTtZzh", "ḆḇḎḏḴḵḺḻṈṉṞṟṮṯẔẕẖ"),
        ('\u3099', "かきくけこさしすせそたちつてとはひふへほうゝカキクケコサシスセソタチツテトハヒフヘホウワヰヱヲヽ", "がぎぐげござじずぜぞだぢづでどばびぶべぼゔゞガギグゲゴザジズゼゾダヂヅデドバビブベボヴヷヸヹヺヾ"),
        ('\u309A', "はひふへほハヒフヘホ", "ぱぴぷぺぽパピプペポ"),
    ];

    private static readonly string[] s_ligatures = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"];
    private static readonly Dictionary<char, char> s_plain = PlainLetters();
    private static readonly Dictionary<(char Base, char Mark), char> s_composed = Composed();
    private static readonly Dictionary<char, (char Base, char Mark)> s_parts =
        s_composed.ToDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>
    /// Whether a code point has no appearance of its own: soft hyphens, zero-width and directional characters, variation selectors.
    /// </summary>
    public static bool IsIgnored(int point) => point is 0xAD or 0x34F or 0x61C or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFEFF
        or 0xFFA0 or (>= 0x180B and <= 0x180F) or (>= 0x200B and <= 0x200F) or (>= 0x202A and <= 0x202E) or (>= 0x2060 and <= 0x206F)
        or (>= 0xFE00 and <= 0xFE0F) or (>= 0xFFF0 and <= 0xFFF8) or (>= 0x1BCA0 and <= 0x1BCA3) or (>= 0x1D173 and <= 0x1D17A)
        or (>= 0xE0000 and <= 0xE0FFF);

    /// <summary>Whether a code point is a mark on the letter before it. Vowel signs of other scripts are letters.</summary>
    public static bool IsMark(int point) => point is (>= 0x300 and <= 0x36F) or (>= 0x1AB0 and <= 0x1AFF) or (>= 0x1DC0 and <= 0x1DFF)
        or (>= 0x20D0 and <= 0x20FF) or (>= 0xFE20 and <= 0xFE2F) or 0x3099 or 0x309A or 0xFF9E or 0xFF9F;

    /// <summary>A mark as it is listed: those of half-width kana are the usual ones.</summary>
    public static char Mark(int point) => point switch { 0xFF9E => '\u3099', 0xFF9F => '\u309A', _ => (char)point };

    /// <summary>
    /// The place of a mark in the order in which marks are composed (its combining class in Unicode): attached below, a horn, below, above.
    /// Marks of the same place keep the order in which they are written.
    /// </summary>
    public static int OrderOf(char mark) => mark switch { '\u0327' or '\u0328' => 202, '\u031B' => 216, < '\u0315' => 230, _ => 220 };

    /// <summary>The letter that two compose to; null for none.</summary>
    public static char? Compose(char letter, char mark) => s_composed.TryGetValue((letter, mark), out var composed) ? composed : null;

    /// <summary>The Korean syllable that a part continues; null for none.</summary>
    public static char? Syllable(char before, int part) => (before, part) switch
    {
        (>= '\u1100' and <= '\u1112', >= 0x1161 and <= 0x1175) => (char)(0xAC00 + ((((before - 0x1100) * 21) + (part - 0x1161)) * 28)),
        (>= '\uAC00' and <= '\uD7A3', >= 0x11A8 and <= 0x11C2) when (before - 0xAC00) % 28 == 0 => (char)(before + (part - 0x11A7)),
        _ => null,
    };

    /// <summary>A composed letter without its last mark, and that mark; null if it has none.</summary>
    public static (char Base, char Mark)? PartsOf(char letter) => s_parts.TryGetValue(letter, out var parts) ? parts : null;

    /// <summary>Whether a letter is another one in any case, or becomes it by marks that may follow.</summary>
    public static bool MayBecome(char letter, char other)
    {
        while (PartsOf(letter) is var (from, mark))
        {
            if (!Has(other, mark))
                return false;
            letter = from;
        }

        while (PartsOf(other) is var (from, _))
            other = from;
        return MemoryExtensions.Equals([letter], [other], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The plain form of a code point; null if it has no other.</summary>
    public static string? PlainOf(int point) => point switch
    {
        < 0x80 => null,
        0xA0 or 0x1680 or (>= 0x2000 and <= 0x200A) or 0x202F or 0x205F or 0x3000 => " ",
        >= 0xFF01 and <= 0xFF5E => Letter(point - 0xFEE0),
        >= 0xFF66 and <= 0xFF9D => Letter(HalfWidthKana[point - 0xFF66]),
        >= 0xFB00 and <= 0xFB06 => s_ligatures[point - 0xFB00],
        // In a circle, a square or brackets. Letters of flags are none: they stand in pairs.
        >= 0x249C and <= 0x24B5 => Letter('a' + (point - 0x249C)),
        >= 0x24B6 and <= 0x24CF => Letter('A' + (point - 0x24B6)),
        >= 0x24D0 and <= 0x24E9 => Letter('a' + (point - 0x24D0)),
        (>= 0x1F110 and <= 0x1F129) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189) =>
            Letter('A' + ((point - 0x1F110) % 32)),
        // The alphabets of mathematics, each of 26 capital and 26 small letters, and their digits.
        >= 0x1D400 and <= 0x1D6A3 => (point - 0x1D400) % 52 is var at && at < 26 ? Letter('A' + at) : Letter('a' + (at - 26)),
        >= 0x1D7CE and <= 0x1D7FF => Letter('0' + ((point - 0x1D7CE) % 10)),
        <= char.MaxValue when s_plain.TryGetValue((char)point, out var plain) => Letter(plain),
        _ => null,
    };

    private static bool Has(char letter, char mark)
    {
        while (PartsOf(letter) is var (from, last))
        {
            if (last == mark)
                return true;
            letter = from;
        }

        return false;
    }

    private static string Letter(int letter) => ((char)letter).ToString(CultureInfo.InvariantCulture);

    private static Dictionary<char, char> PlainLetters()
    {
        var letters = new Dictionary<char, char>();
        for (var i = 0; i < Fancy.Length; i++)
            letters[Fancy[i]] = Plain[i];
        return letters;
    }

    private static Dictionary<(char Base, char Mark), char> Composed()
    {
        var composed = new Dictionary<(char Base, char Mark), char>();
        foreach (var (mark, bases, letters) in s_marks)
        {
            for (var i = 0; i < bases.Length; i++)
                composed[(bases[i], mark)] = letters[i];
        }

        return composed;
    }
}
