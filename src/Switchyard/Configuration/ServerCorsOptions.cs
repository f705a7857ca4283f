using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The web pages whose scripts may use the gateway (cross-origin resource sharing).</summary>
public sealed class ServerCorsOptions
{
    /// <summary>The origins, for example <c>https://app.example.com</c>; <c>*</c> for any. None by default.</summary>
    [ConfigurationKeyName("origins")]
    public List<string> Origins { get; set; } = [];
}
