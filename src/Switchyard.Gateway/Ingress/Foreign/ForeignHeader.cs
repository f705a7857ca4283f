namespace Switchyard.Gateway.Ingress.Foreign;

/// <summary>A request header of another gateway, and its meaning here.</summary>
/// <param name="Name">Its name, in lower case.</param>
/// <param name="Becomes">Its equivalent here; null if it has no effect.</param>
/// <param name="Note">What is different, or why it has no effect.</param>
/// <param name="Read">Applies its value; null if it has no effect, or is read elsewhere. It throws for an invalid value.</param>
internal sealed record ForeignHeader(string Name, string? Becomes, string Note, Action<ForeignRequest, string>? Read)
{
    /// <summary>The product that defines it: <c>litellm</c> or <c>portkey</c>.</summary>
    public string Product => Name.Split('-')[1];
}
