namespace Switchyard.LoadTest.Subjects;

internal static class SubjectNames
{
    /// <summary>The bare pass-through, the yardstick of every ratio.</summary>
    public const string Kestrel = "kestrel";

    public const string Nginx = "nginx";

    public const string Switchyard = "switchyard";

    /// <summary>The gateway with two client keys configured, of which the load presents one.</summary>
    public const string Keys = "keys";

    /// <summary>The gateway with a key, its limits, a budget, prices and a ledger on disk that no answer waits for.</summary>
    public const string Money = "money";

    /// <summary>The same, with answers that wait for the ledger.</summary>
    public const string Strict = "strict";

    /// <summary>The gateway with its cache on: the load repeats one request, and no answer comes from the upstream.</summary>
    public const string Cached = "cached";

    /// <summary>The gateway with an upstream of another format: every request and answer is translated.</summary>
    public const string Translate = "translate";

    /// <summary>The gateway compiled to native code; measured if <c>--native</c> gives its path.</summary>
    public const string Native = "native";

    /// <summary>The upstream without a subject, for figures to which the others can be compared.</summary>
    public const string Direct = "(direct)";

    /// <summary>The allowed values of <c>--subjects</c>.</summary>
    public static readonly string[] All = [Kestrel, Nginx, Switchyard, Keys, Money, Strict, Cached, Translate];
}
