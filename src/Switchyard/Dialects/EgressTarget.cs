using Switchyard.Providers;

namespace Switchyard.Dialects;

/// <summary>What an egress dialect may know of the deployment it writes for. It holds no credential.</summary>
/// <param name="Provider">The provider's name, for messages.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="Quirks">What this provider does differently from its dialect's norm.</param>
public sealed record EgressTarget(string Provider, string Model, ProviderQuirks Quirks);
