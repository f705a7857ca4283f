using System.Collections;

namespace Switchyard.Configuration.Binding;

/// <summary>Distinguishes a start on a fresh machine from one with a configuration.</summary>
internal static class EmptyStart
{
    // The listen address and the log format are also set to try the gateway out: `--urls`, `--log-format`, PORT.
    private static readonly string[] s_neutral = ["server.urls", "logs.format"];

    /// <summary>Whether everything has its default, except the listen address and the log format.</summary>
    public static bool Is(SwitchyardOptions options) => IsDefault(OptionShape.Root, options, OptionShape.Root.Create(), "");

    private static bool IsDefault(OptionShape shape, object options, object defaults, string prefix)
    {
        foreach (var property in shape.Properties)
        {
            var path = prefix + property.Name;
            var (value, usual) = (property.Member.GetValue(options), property.Member.GetValue(defaults));
            var same = s_neutral.Contains(path) || property.Shape.Kind switch
            {
                OptionKind.Object => value is null || IsDefault(property.Shape, value, usual ?? property.Shape.Create(), path + "."),
                OptionKind.Map or OptionKind.List => value is not ICollection { Count: > 0 },
                _ => Equals(value, usual),
            };
            if (!same)
                return false;
        }

        return shape.Others?.Member.GetValue(options) is not ICollection { Count: > 0 };
    }
}
