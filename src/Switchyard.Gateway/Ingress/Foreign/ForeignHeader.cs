namespace Switchyard.Gateway.Ingress.Foreign;

/// <summary>A request header of another gateway, and what becomes of it here.</summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Becomes">What it is here; null where it has no effect.</param>
/// <param name="Note">What is different, or why it has no effect.</param>
/// <param name="Read">Takes its value up; null where it has no effect, or is read elsewhere. It throws for a value that is none.</param>
internal sealed record ForeignHeader(string Name, string? Becomes, string Note, Action<ForeignRequest, string>? Read)
{
    /// <summary>The product it is of: <c>litellm</c> or <c>portkey</c>.</summary>
    public string Product => Name.Split('-')[1];
}
