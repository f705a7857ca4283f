using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Hosting;

namespace Switchyard.Server.Composition;

/// <summary>What an edition of the program has beside the gateway: databases, clouds, a dashboard. <c>serve</c> is the same in
/// all.</summary>
internal interface IGatewaySides
{
    /// <summary>Adds to the engine, before the gateway's own services.</summary>
    void AddTo(SwitchyardBuilder engine, SwitchyardOptions options);

    /// <summary>Adds what takes telemetry elsewhere, behind all other services.</summary>
    void AddExport(IServiceCollection services);

    /// <summary>Adds what answers before the gateway does.</summary>
    void Use(WebApplication app, SwitchyardOptions options);

    /// <summary>Why a configuration cannot be served by this edition; null when it can.</summary>
    string? Refuse(SwitchyardOptions options);

    /// <summary>What whoever has just started it may want to do, by what is there already.</summary>
    IEnumerable<string> NextSteps(string address, SwitchyardEngine engine, ServeRequest request);
}
