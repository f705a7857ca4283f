namespace Switchyard.Targets;

/// <summary>One callable target: a provider and the model it knows.</summary>
/// <param name="Provider">The provider's name.</param>
/// <param name="Model">The provider's own model id.</param>
public sealed record Deployment(string Provider, string Model)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Provider}/{Model}";
}
