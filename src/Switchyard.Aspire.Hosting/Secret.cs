using Aspire.Hosting.ApplicationModel;

namespace Switchyard.Aspire.Hosting;

/// <summary>Keeps keys out of manifests and pages.</summary>
internal static class Secret
{
    /// <summary>The parameter, if it is a secret.</summary>
    /// <exception cref="ArgumentException">The parameter is not a secret, so its value would be shown.</exception>
    public static ParameterResource Of(IResourceBuilder<ParameterResource> parameter) =>
        parameter.Resource.Secret
            ? parameter.Resource
            : throw new ArgumentException(
                $"The parameter '{parameter.Resource.Name}' holds a key and is not secret: add it with "
                + $"AddParameter(\"{parameter.Resource.Name}\", secret: true).",
                nameof(parameter));
}
