using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Tests;

/// <summary>Applications that are described and not started.</summary>
internal static class Applications
{
    /// <summary>One that is to be published: values are known by name only, as in a manifest.</summary>
    public static IDistributedApplicationBuilder Published() => Create(["--operation", "publish", "--step", "publish-manifest"]);

    /// <summary>One that is to be run on this machine.</summary>
    public static IDistributedApplicationBuilder Run(params string[] more) => Create(more);

    /// <summary>What a resource's environment is, with each value as a manifest would have it.</summary>
    public static async Task<Dictionary<string, string?>> VariablesAsync<T>(this IResourceBuilder<T> resource)
        where T : IResourceWithEnvironment
    {
        var made = new Dictionary<string, object>();
        var context = new EnvironmentCallbackContext(resource.ApplicationBuilder.ExecutionContext, resource.Resource, made);
        foreach (var annotation in resource.Resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        return made.ToDictionary(pair => pair.Key, pair => TextOf(pair.Value));
    }

    /// <summary>What it is started with.</summary>
    public static async Task<List<string?>> ArgumentsAsync<T>(this IResourceBuilder<T> resource)
        where T : IResourceWithArgs
    {
        var context = new CommandLineArgsCallbackContext([], resource.Resource)
        {
            ExecutionContext = resource.ApplicationBuilder.ExecutionContext,
        };
        foreach (var annotation in resource.Resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(context);
        return [.. context.Args.Select(TextOf)];
    }

    private static string? TextOf(object value) => value is IManifestExpressionProvider known ? known.ValueExpression : value.ToString();

    private static IDistributedApplicationBuilder Create(string[] arguments) =>
        DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = arguments, DisableDashboard = true });
}
