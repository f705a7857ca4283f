using System.Globalization;

namespace Switchyard.Server.Importing;

/// <summary>Builds the address of Redis from other products' settings.</summary>
internal static class RedisAddress
{
    private static readonly System.Buffers.SearchValues<char> s_marks = System.Buffers.SearchValues.Create("/@:?# ");

    /// <summary>Writes <c>storage.redis</c> from a complete address or from its parts.</summary>
    /// <returns>Whether an address was written.</returns>
    public static bool Put(ImportJob job, SourceNode? url, SourceNode? host, SourceNode? port, SourceNode? password, SourceNode? db,
        SourceNode? ssl)
    {
        if (url is not null && ImportJob.Text(url) is not null)
            return Put(job, job.Variables.Secret(url, "REDIS_URL", VariableKind.Redis), url);
        if (ImportJob.Text(host) is not { } name)
            return false;
        if (job.Variables.NameIn(host!) is null && name.AsSpan().ContainsAny(s_marks))
        {
            ImportJob.Refuse(host, "a host's name is expected here");
            return false;
        }

        var secure = ImportJob.Flag(ssl) == true ? "rediss" : "redis";
        var secret = ImportJob.Text(password) is null ? "" : $":{job.Variables.Secret(password!, "REDIS_PASSWORD")}@";
        var number = port is null ? "6379" : job.Value(port, Form.Count) ?? "6379";
        var database = db is null ? "" : $"/{job.Value(db, Form.Count)}";
        return Put(
            job, $"{secure}://{secret}{job.Variables.Plain(host!, VariableKind.Secret)}:{number}{database}", host, port, password, db, ssl);
    }

    private static bool Put(ImportJob job, string address, params SourceNode?[] sources)
    {
        foreach (var source in sources)
            job.Claim(source);
        if (job.Draft.At("storage", "redis").Set(address, sources))
            return true;
        foreach (var source in sources)
            ImportJob.Refuse(source, string.Create(CultureInfo.InvariantCulture,
                $"another Redis is set already, and there can be only one"));
        return false;
    }
}
