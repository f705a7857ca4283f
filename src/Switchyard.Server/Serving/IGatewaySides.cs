using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Hosting;

namespace Switchyard.Server.Serving;

/// <summary>The parts that an edition of the program adds to the gateway: databases, clouds, a dashboard. <c>serve</c> is the same in
/// all editions.</summary>
internal interface IGatewaySides
{
    /// <summary>Adds the edition's parts to the engine, before the gateway's own services.</summary>
    void AddTo(SwitchyardBuilder engine, SwitchyardOptions options);

    /// <summary>Adds the export of telemetry, after all other services.</summary>
    void AddExport(IServiceCollection services);

    /// <summary>Adds middleware that answers before the gateway does.</summary>
    void Use(WebApplication app, SwitchyardOptions options);

    /// <summary>Why this edition cannot serve a configuration; null if it can.</summary>
    string? Refuse(SwitchyardOptions options);

    /// <summary>Suggestions for the next step, printed at the start; they depend on what is configured already.</summary>
    IEnumerable<string> NextSteps(string address, SwitchyardEngine engine, ServeRequest request);
}
