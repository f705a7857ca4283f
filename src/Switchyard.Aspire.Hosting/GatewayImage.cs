namespace Switchyard.Aspire.Hosting;

/// <summary>The names and paths of the gateway's image, both of deploy/container and of the SDK's container build.</summary>
internal static class GatewayImage
{
    public const string Name = "switchyard";

    /// <summary>The tag that both builds set. No registry has the image yet.</summary>
    public const string Tag = "latest";

    public const int Port = 8080;

    /// <summary>The path of the configuration file, if there is one.</summary>
    public const string ConfigFile = "/etc/switchyard/switchyard.yaml";

    /// <summary>The folder for data that outlives the container, if a volume or a folder is mounted there.</summary>
    public const string DataFolder = "/data";

    /// <summary>The folder for data that does not outlive the container.</summary>
    public const string ScratchFolder = "/tmp";
}
