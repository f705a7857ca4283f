namespace Switchyard.Gateway;

/// <summary>What a client may send.</summary>
/// <param name="MaxBodyBytes">The largest request body, in bytes.</param>
internal sealed record GatewayLimits(long MaxBodyBytes);
