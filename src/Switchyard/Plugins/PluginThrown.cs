using Switchyard.Calls;
using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>
/// What a plugin's provider threw, as the host may keep it: of a type of the host, and without the plugin's stack. The original would hold
/// the plugin's code in memory for as long as a log, a record or a health report holds it.
/// </summary>
internal static class PluginThrown
{
    public static Exception Copy(Exception thrown, LoadedPlugin plugin, CancellationToken cancellation) => thrown switch
    {
        CallException known => new CallException(known.Error with { Cause = null }),
        OperationCanceledException when cancellation.IsCancellationRequested => new OperationCanceledException(cancellation),
        OperationCanceledException => new OperationCanceledException(thrown.Message),
        TimeoutException => new TimeoutException(thrown.Message),
        HttpRequestException http => new HttpRequestException(http.HttpRequestError, http.Message, null, http.StatusCode),
        ProviderException => new ProviderException(thrown.Message),
        _ => new ProviderException($"{thrown.GetType().Name} in plugin '{plugin.Id}': {thrown.Message}"),
    };
}
