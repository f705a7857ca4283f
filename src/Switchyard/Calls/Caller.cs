namespace Switchyard.Calls;

/// <summary>Who is calling, as far as a key tells. Immutable; one object for each configured key.</summary>
public sealed class Caller
{
    /// <summary>A caller in this process, or a client of a gateway without keys.</summary>
    public static readonly Caller Anonymous = new("anonymous");

    internal Caller(string id) => Id = id;

    /// <summary>
    /// Names the key for logs and records without giving it away: <c>key-</c> and the first 8 hexadecimal digits of its SHA-256 hash;
    /// <c>anonymous</c> without one.
    /// </summary>
    public string Id { get; }

    /// <summary>The id.</summary>
    public override string ToString() => Id;
}
