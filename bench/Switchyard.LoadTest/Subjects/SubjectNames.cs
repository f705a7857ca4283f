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

    /// <summary>The gateway with its cache on: the load asks the same again and again, and no answer comes from the upstream.</summary>
    public const string Cached = "cached";

    /// <summary>The gateway again, with an upstream of another format behind it: every request and answer is translated.</summary>
    public const string Translate = "translate";

    /// <summary>The gateway compiled to native code; measured where <c>--native</c> says where it is.</summary>
    public const string Native = "native";

    /// <summary>No subject: the upstream itself, where a figure without anything in between helps to read the others.</summary>
    public const string Direct = "(direct)";

    /// <summary>What <c>--subjects</c> may name.</summary>
    public static readonly string[] All = [Kestrel, Nginx, Switchyard, Keys, Money, Strict, Cached, Translate];
}
