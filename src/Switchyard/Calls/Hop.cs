namespace Switchyard.Calls;

/// <summary>Loop detection: the header by which a process recognises a request that it sent itself.</summary>
public static class Hop
{
    /// <summary>The request header that carries <see cref="Id"/> to providers.</summary>
    public const string Header = "x-switchyard-hop";

    /// <summary>The random id of this process.</summary>
    public static string Id { get; } = CallIds.NewRequestId();
}
